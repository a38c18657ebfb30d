"""What the desk's pages change besides tickets."""
