"""The bases every collection is built on, and the collections of the kernel."""
