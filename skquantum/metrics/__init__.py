"""What to read off kernel matrices, and how to mend them: functions of arrays."""

from skquantum.metrics._alignment import (
    alignment,
    centered_alignment,
    ideal_kernel,
    target_alignment,
    target_vectors,
)
from skquantum.metrics._concentration import expected_moments, off_diagonal_moments
from skquantum.metrics._geometry import (
    contrasting_targets,
    geometric_difference,
    model_complexity,
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
from skquantum.metrics._spectrum import effective_rank, kernel_spectrum, task_model_alignment

__all__ = [
    "alignment",
    "centered_alignment",
    "clip_eigenvalues",
    "contrasting_targets",
    "effective_rank",
    "expected_moments",
    "geometric_difference",
    "ideal_kernel",
    "kernel_spectrum",
    "model_complexity",
    "nearest_correlation",
    "off_diagonal_moments",
    "positive_projector",
    "repair",
    "shift_eigenvalues",
    "shots_needed",
    "spread_to_noise",
    "standard_error",
    "target_alignment",
    "target_vectors",
    "task_model_alignment",
    "warn_if_concentrated",
]
