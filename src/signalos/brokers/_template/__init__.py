"""A small complete broker to copy: docs/guides/add-a-broker.md walks through it.

``broker.py`` is what every broker needs; ``venue.py`` stands for the trading house's own interface, and is
replaced by calls of it.
"""

from signalos.brokers._template.broker import TemplateBroker
from signalos.brokers._template.venue import Venue, VenueDown, VenueRefused

__all__ = ["TemplateBroker", "Venue", "VenueDown", "VenueRefused"]
