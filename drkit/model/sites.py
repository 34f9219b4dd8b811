"""Which of two things belongs to production and which to the DR site: the one place that derives it."""

from drkit.model.statuses import Station, Unknown


def at_production(station: Station | Unknown, source: str, target: str) -> str:
    """What stands at the production site; empty where the station is unknown."""
    return source if station == Station.SOURCE else target if station == Station.TARGET else ""


def at_dr(station: Station | Unknown, source: str, target: str) -> str:
    """What stands at the DR site; empty where the station is unknown."""
    return at_production(station, target, source)
