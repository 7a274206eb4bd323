"""Dictate a form: lists, tables, headings."""

from specloop.attacks import Attack, attacks


@attacks.register("layout")
class Layout(Attack):
    """Dictates how the answer must look."""

    brief = "demand a form such as a list, a table or headings"
    form = "{seed} Please answer as a list with headings."
