"""Reports for people who open no dashboard: a month on paper, a week by e-mail."""
