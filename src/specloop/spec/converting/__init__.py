"""PDF and Word documents as Markdown. Each reader is imported only where such a file is read."""
