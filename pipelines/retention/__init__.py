"""How long everything is kept that has no law of its own (`rules.toml`), and its deletion once its time is over."""
