"""Vision Transformers: where features come from.

``backbones.py``  timm ViTs by name and small ones of ours; weights from hub, file, or none
``conv_stem.py``  patches embedded by small convolutions, for training from scratch
``attention.py``  attention maps of a timm ViT, also while its attention is fused
``rollout.py``    attention rollout for [CLS] through all blocks
``features.py``   frozen features, computed once and kept on disk
``partial.py``    the last blocks as a network of their own, on cached tokens
"""

from nesylib.vit.attention import attention_maps, cls_patch_attention
from nesylib.vit.backbones import SMALL, create_backbone, to_input
from nesylib.vit.features import frozen_features, pool_tokens
from nesylib.vit.partial import Tail, cached_tokens
from nesylib.vit.rollout import attention_rollout

__all__ = [
    "SMALL",
    "Tail",
    "attention_maps",
    "attention_rollout",
    "cached_tokens",
    "cls_patch_attention",
    "create_backbone",
    "frozen_features",
    "pool_tokens",
    "to_input",
]
