"""Long measurements: tables with both sides measured in the same run."""
