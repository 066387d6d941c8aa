"""Sizes of a BERT-like encoder, apart from the graph that is built from them: building needs a large library."""

from dataclasses import dataclass

#: Layers before the last whose vectors are given as well: they still hold words that the last one forgets.
EARLIER_LAYERS = 2
#: Layers half way up, 0 being the first: what they make of a token tells a name from a word.
NAME_LAYERS = (1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class BertShape:
    """Sizes of the encoder; the defaults of MiniLM-L6 are in minilm.py."""

    layers: int
    heads: int
    dimensions: int
    tokens: int  #: longest text, in tokens
    epsilon: float  #: of the layer normalisations


def states_name(layer: int) -> str:
    """Of the output with what a layer made of each token."""
    return f"layer{layer}_layer_output"


def last_states(shape: BertShape) -> str:
    """Name of the output with the states after the last layer, float32 [texts, tokens, dimensions]."""
    return states_name(shape.layers - 1)
