"""Which Python a notebook runs on: the one that runs drkit, whatever else is registered on the machine."""

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager


class OwnPython(KernelSpecManager):
    """Offers one kernel, `python3`, which is this interpreter; a foreign `python3` cannot take its place."""

    def find_kernel_specs(self) -> dict[str, str]:
        """The one kernel and the folder of its icons."""
        return {"python3": str(RESOURCES)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - one kernel for every name
        """How to start this interpreter as a kernel."""
        return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())
