from comtrap.sources.progress import Progress


class Stopping(Progress):
    """Ctrl+C, once something is so: asked when an input is begun, and after every batch of it."""

    def __init__(self, when):
        super().__init__()
        self.when = when

    def begin(self, path):
        super().begin(path)
        self._look()

    def add(self, events, size_bytes):
        super().add(events, size_bytes)
        self._look()

    def _look(self):
        if self.when(self):
            raise KeyboardInterrupt
