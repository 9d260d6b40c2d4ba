"""SQL over the CRMs and outreach tools of organisers and marketers."""

__version__ = "0.1.0"
