"""From settings to simulators."""

from qiskit_aer import AerSimulator

from skquantum.engines._aer._noise import without_passes

__all__ = ["make_simulator"]


def make_simulator(engine, noise_model, *, in_circuit=False):
    """Return a new simulator with the settings of an AerEngine and noise.

    With `in_circuit`, the noise is that of the circuit, which holds it as instructions.
    """
    settings = engine.get_params()
    chosen = dict(settings.pop("backend_options") or {})
    settings.pop("chunk_size")
    if "noise_model" in chosen:
        raise ValueError(
            "noise_model cannot be combined with method='statevector': Aer would return one "
            "random trajectory per row as if it were the state; remove noise_model from "
            "backend_options and pass noise_model=... to AerEngine, for expectation values."
        )
    settings["method"] = "statevector"
    # Runtime binding takes all rows in one compiled circuit.
    settings["runtime_parameter_bind_enable"] = True
    # Fused blocks that are diag(i, 1) would be conjugated (see AerEngine).
    settings["fusion_enable"] = False
    if clash := sorted(chosen.keys() & settings.keys()):
        raise ValueError(
            f"backend_options holds {clash[0]!r}, which AerEngine sets itself; remove it "
            "there" + (f" and pass {clash[0]}=..." if hasattr(engine, clash[0]) else "") + "."
        )
    unknown = sorted(chosen.keys() - set(AerSimulator().options.__dict__))
    if unknown:
        raise ValueError(
            f"backend_options holds {unknown[0]!r}, which AerSimulator does not know; see "
            "AerSimulator().options for the names."
        )
    # A simulator that is told both method and device lists that device without looking.
    devices = AerSimulator().available_devices()
    if engine.device not in devices:
        raise ValueError(
            f"device={engine.device!r} is not available, Aer offers {', '.join(devices)} here; "
            "install qiskit-aer-gpu on a machine with a GPU, or use device='CPU'."
        )
    if in_circuit or noise_model is None:
        settings["noise_model"] = None
    else:  # the programs run the passes
        settings["noise_model"] = without_passes(noise_model)
    if noise_model is None:
        del settings["shots"]
    else:  # one shot is enough for probabilities, of which counts are drawn
        settings |= {"method": "density_matrix", "shots": 1}
    return AerSimulator(**settings, **chosen)
