"""What the exit code of a command says."""

RAN = 0
ALERTS = 1  # at or above --fail-on
BROKEN = 1  # prove: a promise is not kept; deploy: the space is not as the files say
WOULD_CHANGE = 1  # fmt --check: a query is not laid out
WRONG_RULE = 2  # or query
UNUSABLE = 3  # the command line, a configuration or every input; with --strict, any input
INTERRUPTED = 130
