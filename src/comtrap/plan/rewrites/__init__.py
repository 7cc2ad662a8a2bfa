"""Plan to plan, one rewrite a file; each leaves every result unchanged."""
