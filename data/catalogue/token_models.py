"""Which catalogue model a per-token API serves, by the API's own name. Reviewed one by one; a name that is not here is left out, never guessed.

Left out on purpose, because the catalogue has another release or size: kimi-k2p6 and kimi-k2.6 (catalogue: K2.5), mistral-large-2512,
mistral-small-2603, Mistral-Small-24B-Instruct-2501 (catalogue: 2503), DeepSeek-V3-1.
"""

from __future__ import annotations

MODEL_OF_API_NAME = {
    "deepseek-v3p2": "DeepSeek-V3.2",
    "fireworks/deepseek-v3p2": "DeepSeek-V3.2",
    "deepseek-v3.2": "DeepSeek-V3.2",
    "deepseek-v4-flash": "DeepSeek-V4-Flash",
    "deepseek-v4-pro": "DeepSeek-V4-Pro",
    "glm-5p2": "GLM-5.2",
    "GLM-5.2": "GLM-5.2",
    "zai-org/GLM-5": "GLM-5",
    "gpt-oss-120b": "gpt-oss-120b",
    "openai/gpt-oss-120b": "gpt-oss-120b",
    "gpt-oss-20b": "gpt-oss-20b",
    "openai/gpt-oss-20b": "gpt-oss-20b",
    "kimi-k3": "Kimi-K3",
    "moonshotai/Kimi-K2.5": "Kimi-K2.5",
    "minimax-m3": "MiniMax-M3",
    "nemotron-3-ultra-nvfp4": "Nemotron-3-Ultra-550B-A55B",
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4": "Nemotron-3-Super-120B-A12B",
    "nvidia.nemotron-super-3-120b:0": "Nemotron-3-Super-120B-A12B",
    "Qwen/Qwen3.5-397B-A17B": "Qwen3.5-397B-A17B",
    "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8": "Qwen3-235B-A22B",
    "Qwen/Qwen2.5-7B-Instruct-Turbo": "Qwen2.5-7B",
    "fireworks/qwen3-32b": "Qwen3-32B",
    "google/gemma-4-31B-it": "Gemma-4-31B",
    "google.gemma-3-27b-it": "Gemma-3-27B",
    "fireworks/gemma-3-27b-it (>16B tier)": "Gemma-3-27B",
    "meta-llama/Llama-3.3-70B-Instruct": "Llama-3.3-70B",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo": "Llama-3.3-70B",
    "fireworks/llama-v3p1-8b (4-16B tier)": "Llama-3.1-8B",
    "fireworks/mixtral-8x7b-instruct": "Mixtral-8x7B",
}
