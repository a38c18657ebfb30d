"""The face: shell, components, navigation and HTTP helpers. No models, and nothing of the product is imported."""
