"""The register: points, the devices that hang there, how they came in and what is missing of them."""
