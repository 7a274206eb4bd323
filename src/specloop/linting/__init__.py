"""What lints share: the document as they see it, wordings in comparable form, findings and how they
are written."""
