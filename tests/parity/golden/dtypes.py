"""The same small tensors as float32, float16 and bfloat16, for readers of the safetensors format.

Every value is exact in all three dtypes: at most eight significant bits and an exponent float16 reaches. Among them are
float16 subnormals, both zeros, both infinities, a scalar and a tensor without elements.
"""

import torch

from .files import FIXTURES, write_tensors

DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def write_dtypes() -> None:
    """Write dtypes/{f32,f16,bf16}.safetensors; the float32 file holds the values to expect of the others."""
    tensors = {
        "matrix": torch.tensor(
            [[0.0, 1.0, -2.0, 0.5], [1.5, -3.25, 255.0, -0.0078125], [65280.0, -40960.0, 0.1015625, 3.140625]]
        ),
        "vector": torch.tensor([2.0**-14, 2.0**-15, -(2.0**-20), 2.0**-24, -(2.0**-14)]),
        "special": torch.tensor([float("inf"), float("-inf"), -0.0, 0.0]),
        "scalar": torch.tensor(-1.75),
        "empty": torch.zeros(0, 4),
    }
    for name, dtype in DTYPES.items():
        converted = {key: tensor.to(dtype) for key, tensor in tensors.items()}
        assert all(torch.equal(converted[key].float(), tensor) for key, tensor in tensors.items()), name
        write_tensors(FIXTURES / "dtypes" / f"{name}.safetensors", converted)
