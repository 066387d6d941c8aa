"""The review desk over HTTP: the page, its panes and what people do there. Rules live below, in domain functions."""
