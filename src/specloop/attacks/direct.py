"""The everyday request as it is: most rules are broken without any attack."""

from specloop.attacks import Attack, attacks


@attacks.register("direct")
class Direct(Attack):
    """No attack."""

    brief = "put the request plainly"
    form = "{seed}"
