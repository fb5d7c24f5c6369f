"""The door of the command line: every way to end has its exit code.

0     done
1     our mistake: one line, and how to see the traceback
2     the user's mistake, or the system's refusal: what is wrong, what was expected, what to try
130   interrupted by Ctrl-C       143   by SIGTERM
141   nobody reads the output any more

What is imported at the top is light: Ctrl-C is handled before anything else happens.
"""

import os
import signal
import sys
from collections.abc import Sequence

from striate.cli.interrupt import stop_soon

TYPE_CHECKING = False  # typing would be imported for nothing else
if TYPE_CHECKING:
    from typing import NoReturn

    from striate.errors import StriateError

BROKEN_PIPE = 128 + 13  # SIGPIPE, as the shell counts it


def main() -> "NoReturn":
    """Run ``striate`` with the arguments of this process, and end it."""
    stop_soon()
    from striate.cli.streams import open_streams

    open_streams()
    code = run(sys.argv[1:])
    if code > 128:  # interrupted: taking torch apart in good order may take a second
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code. Nothing but a debugged error is ever raised."""
    from striate.cli.streams import drop_stdout
    from striate.errors import Interrupted, StriateError

    try:
        code = invoke(list(arguments))
        sys.stdout.flush()
    except Interrupted as error:
        return say(f"Interrupted: {error}", 128 + getattr(error, "signal", signal.SIGINT))
    except StriateError as error:
        return refused(error)
    except KeyboardInterrupt:
        return say("interrupted", 128 + signal.SIGINT)
    except BrokenPipeError:
        drop_stdout()
        return BROKEN_PIPE
    except Exception as error:
        return unexpected(error)
    return code


def invoke(arguments: list[str]) -> int:
    """Hand the arguments to the verb; mistakes in flags and verbs become errors of three lines."""
    from typer import Exit

    from striate.cli.app import program
    from striate.cli.progress import Fetching
    from striate.cli.usage_errors import UsageError, three_lines
    from striate.zoo.weights.download import telling

    fetching = Fetching(quiet=not {"--quiet", "-q"}.isdisjoint(arguments))
    try:
        with program().make_context("striate", arguments) as context, telling(fetching):
            context.command.invoke(context)
    except Exit as ended:
        return ended.exit_code
    except UsageError as error:
        raise three_lines(error) from error
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # so rich, which prints the help, ends there
            raise ended.__context__ from None
        raise
    finally:
        fetching.end()
    return 0


def say(message: str, code: int) -> int:
    """Print to stderr, and return the exit code."""
    print(message, file=sys.stderr, flush=True)
    return code


def refused(error: "StriateError") -> int:
    """Three lines; of a mistake of striate the one line."""
    from striate.errors import UnexpectedError

    if isinstance(error, UnexpectedError) and isinstance(error.__cause__, Exception):
        return unexpected(error.__cause__)
    return say(f"{type(error).__name__}: {error}", 2)


def unexpected(error: Exception) -> int:
    """The system's refusal in three lines; one line for what should not have happened.

    With STRIATE_DEBUG the traceback instead.
    """
    from striate.arguments import in_three_lines
    from striate.cli.streams import drop_stdout
    from striate.errors import UnexpectedError

    if os.environ.get("STRIATE_DEBUG"):
        raise error
    known = in_three_lines(error, "striate")
    if isinstance(error, OSError):
        drop_stdout()
    if not isinstance(known, UnexpectedError):
        return say(f"{type(known).__name__}: {known}", 2)
    what = (str(error).strip().splitlines() or [""])[0]
    message = (
        f"striate made a mistake: {type(error).__name__}: {what}\n  for the traceback: set STRIATE_DEBUG=1"
    )
    return say(message, 1)
