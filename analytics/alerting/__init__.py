"""Alert rules that staff set in the admin, for teams without Prometheus: measured, held against bounds, told once."""
