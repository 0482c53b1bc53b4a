"""What a job does when a backup it needed was refused for damage."""

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, damage_behind


def tell_damage_behind(refusal: BooksDamagedError, context: JobContext) -> None:
    """Tell what does not hold in the books; nothing when only the copy that was made of them was bad.

    Raises:
        JobCancelledError: the person gave it up.
    """
    try:
        damage = damage_behind(refusal, context.paths, watch=VerifyWatch(should_stop=context.should_stop))
    except VerificationStoppedError as stopped:
        raise JobCancelledError("Cancelled; nothing was changed") from stopped
    if damage:
        context.tell_damage(damage)
