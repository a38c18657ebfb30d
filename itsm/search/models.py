"""No model: the index is a table of the database's own kind, made and kept by ``backends``.

The module has to be there all the same: Django tells only apps that have one when a migration is over.
"""
