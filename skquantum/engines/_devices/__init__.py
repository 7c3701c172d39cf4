"""What samplers and estimators share: circuits as devices run them, checks before, and jobs."""

from skquantum.engines._devices._checks import (
    check_is_open,
    check_simulation_memory,
    refuse_unsupported_instructions,
)
from skquantum.engines._devices._circuits import (
    DeviceCircuit,
    backend_of,
    opened_for,
    pass_manager_for,
    pubs_of,
    runs_here,
    translated,
)
from skquantum.engines._devices._engine import DeviceEngine
from skquantum.engines._devices._expectations import (
    DeviceExpectations,
    Part,
    commuting_groups,
    without_constants,
)
from skquantum.engines._devices._jobs import JobSettings, job_id, run_jobs, submitted

__all__ = [
    "DeviceCircuit",
    "DeviceEngine",
    "DeviceExpectations",
    "JobSettings",
    "Part",
    "backend_of",
    "check_is_open",
    "check_simulation_memory",
    "commuting_groups",
    "job_id",
    "opened_for",
    "pass_manager_for",
    "pubs_of",
    "refuse_unsupported_instructions",
    "run_jobs",
    "runs_here",
    "submitted",
    "translated",
    "without_constants",
]
