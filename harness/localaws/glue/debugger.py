"""A debugger for a script: the run waits until one is attached (Debug Adapter Protocol: VS Code, PyCharm, nvim-dap)."""

from __future__ import annotations

import sys

__all__ = ["wait_for_debugger"]


def wait_for_debugger(port: int) -> None:
    """Waits for a debugger on this port of the loopback interface; 0 takes a free one. The error log says which."""
    import debugpy

    host, taken = debugpy.listen(("127.0.0.1", port))
    print(f"Waiting for a debugger to attach to {host}:{taken} (debugpy) …", file=sys.stderr, flush=True)
    debugpy.wait_for_client()
    print("A debugger is attached.", file=sys.stderr, flush=True)
