"""What to read off kernel matrices, and how to mend them: functions of arrays."""

from skquantum.metrics._alignment import (
    alignment,
    centered_alignment,
    ideal_kernel,
    target_alignment,
    target_vectors,
)
from skquantum.metrics._repair import (
    clip_eigenvalues,
    nearest_correlation,
    positive_projector,
    repair,
    shift_eigenvalues,
)
from skquantum.metrics._shot_budget import (
    shots_needed,
    spread_to_noise,
    standard_error,
    warn_if_concentrated,
)

__all__ = [
    "alignment",
    "centered_alignment",
    "clip_eigenvalues",
    "ideal_kernel",
    "nearest_correlation",
    "positive_projector",
    "repair",
    "shift_eigenvalues",
    "shots_needed",
    "spread_to_noise",
    "standard_error",
    "target_alignment",
    "target_vectors",
    "warn_if_concentrated",
]
