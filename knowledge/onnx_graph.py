"""Builds the ONNX graph of a BERT sentence encoder from its weights: tokens in, one L2-normalised vector a text out.

The fused operators of ONNX Runtime (domain com.microsoft) are written down directly, so that nothing depends on the
runtime recognising patterns; only its SkipLayerNormalization is not used, which takes eight times as long as the plain
one. Inputs: `input_ids` and `attention_mask`, int32 [texts, tokens]; outputs: `vectors`, float32 [texts, dimensions]
(mean over the tokens that the mask shows), and `earlier_vectors`, float32 [texts, EARLIER_LAYERS, dimensions], the same
of the layers before the last.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from knowledge.bert_shape import EARLIER_LAYERS, BertShape, states_name

Array = NDArray[np.float32]


def build_bert(
    weights: Mapping[str, Array],
    shape: BertShape,
    *,
    padded: bool = True,
    token_layers: Sequence[int] = (),
    on_layer: Callable[[], object] = lambda: None,
) -> ModelProto:
    """The model, checked. `weights` are named as in Hugging Face's BertModel; `on_layer` is called after each layer.

    Without `padded` every text must be run alone: its tokens do not ask the mask whom they may attend to, which is
    faster. For each of `token_layers` (0 = the first) one more output gives what it made of each token,
    `states_name(layer)`, float32 [texts, tokens, dimensions].

    Raises KeyError where a weight is missing.
    """
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def fused(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        return node(kind, inputs, output, domain="com.microsoft", **attributes)

    # Every text is one segment, so the segment's embedding is the same for all tokens and joins the positions'.
    positions = weights["embeddings.position_embeddings.weight"][: shape.tokens]
    constant("words", weights["embeddings.word_embeddings.weight"])
    constant("positions", positions + weights["embeddings.token_type_embeddings.weight"][0])
    constant("embedding_gamma", weights["embeddings.LayerNorm.weight"])
    constant("embedding_beta", weights["embeddings.LayerNorm.bias"])
    nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["input_ids", "", "words", "positions", "", "embedding_gamma", "embedding_beta"],
            ["hidden", "unused_mask_index"],
            name="embeddings",
            domain="com.microsoft",
            epsilon=shape.epsilon,
        )
    )
    hidden = "hidden"
    states: list[str] = []
    for number in range(shape.layers):
        prefix, name = f"encoder.layer.{number}.", f"layer{number}_"
        projections = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
        constant(name + "qkv", np.concatenate([weights[part + ".weight"].T for part in projections], axis=1))
        constant(name + "qkv_bias", np.concatenate([weights[part + ".bias"] for part in projections]))
        attended = fused(
            "Attention",
            [hidden, name + "qkv", name + "qkv_bias", *(["attention_mask"] if padded else [])],
            name + "attended",
            num_heads=shape.heads,
        )
        for step, source, target in (
            ("attention.output", attended, "self_output"),
            ("output", "", "layer_output"),
        ):
            if step == "output":
                constant(name + "inner", weights[prefix + "intermediate.dense.weight"].T)
                constant(name + "inner_bias", weights[prefix + "intermediate.dense.bias"])
                widened = node("MatMul", [hidden, name + "inner"], name + "widened")
                source = fused("BiasGelu", [widened, name + "inner_bias"], name + "activated")
            constant(name + target + "_weight", weights[f"{prefix}{step}.dense.weight"].T)
            constant(name + target + "_bias", weights[f"{prefix}{step}.dense.bias"])
            constant(name + target + "_gamma", weights[f"{prefix}{step}.LayerNorm.weight"])
            constant(name + target + "_beta", weights[f"{prefix}{step}.LayerNorm.bias"])
            projected = node("MatMul", [source, name + target + "_weight"], name + target + "_projected")
            biased = node("Add", [projected, name + target + "_bias"], name + target + "_biased")
            summed = node("Add", [biased, hidden], name + target + "_summed")
            parts = [summed, name + target + "_gamma", name + target + "_beta"]
            hidden = node("LayerNormalization", parts, name + target, axis=-1, epsilon=shape.epsilon)
        states.append(hidden)
        on_layer()

    constant("last_axis", np.array([2], dtype=np.int64))
    constant("token_axis", np.array([1], dtype=np.int64))
    node("Cast", ["attention_mask"], "shown", to=TensorProto.FLOAT)
    node("Unsqueeze", ["shown", "last_axis"], "shown_column")
    node("ReduceSum", ["shown", "token_axis"], "shown_tokens", keepdims=1)

    def vectors(state: str, name: str) -> str:
        node("Mul", [state, "shown_column"], name + "_shown")
        node("ReduceSum", [name + "_shown", "token_axis"], name + "_summed", keepdims=0)
        node("Div", [name + "_summed", "shown_tokens"], name + "_mean")
        return node("LpNormalization", [name + "_mean"], name, axis=1, p=2)

    rows = [
        node("Unsqueeze", [vectors(state, f"earlier{number}"), "token_axis"], f"earlier{number}_row")
        for number, state in enumerate(states[-1 - EARLIER_LAYERS : -1])
    ]
    node("Concat", rows, "earlier_vectors", axis=1)
    vectors(hidden, "vectors")

    graph = helper.make_graph(
        nodes,
        "bert_sentence_encoder",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT32, ["texts", "tokens"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT32, ["texts", "tokens"]),
        ],
        [
            helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", shape.dimensions]),
            helper.make_tensor_value_info(
                "earlier_vectors", TensorProto.FLOAT, ["texts", EARLIER_LAYERS, shape.dimensions]
            ),
            *(
                helper.make_tensor_value_info(
                    states_name(layer), TensorProto.FLOAT, ["texts", "tokens", shape.dimensions]
                )
                for layer in token_layers
            ),
        ],
        constants,
    )
    model = helper.make_model(
        graph,
        producer_name="handrail",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
    )
    checker.check_model(model)
    return model
