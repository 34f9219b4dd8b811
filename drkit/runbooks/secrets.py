"""What a person typed for a profile."""

from drkit import api


def remember_secret(profile: str, what: str, text: str) -> None:
    """Keep it for this process: the next connection takes it. It is stored nowhere."""
    api.remember(profile, what, api.Secret(text))
