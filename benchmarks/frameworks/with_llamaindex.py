"""The usual query engine of LlamaIndex over a retriever of one's own; streamed."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from asking import Ask, measure
from shelf import Retriever


def prepare(url: str, model: str) -> Ask:
    from llama_index.core import QueryBundle, get_response_synthesizer
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, TextNode
    from llama_index.llms.openai_like import OpenAILike

    shelf = Retriever()

    class Shelf(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            found = shelf.search(query_bundle.query_str)
            return [
                NodeWithScore(
                    node=TextNode(text=f'<passage id="{number}" title="{title}">{text}</passage>'), score=1.0 / number
                )
                for number, (title, text) in enumerate(found, start=1)
            ]

    llm = OpenAILike(
        api_base=f"{url}/v1", api_key="none", model=model, temperature=0.3, max_tokens=800, is_chat_model=True
    )
    synthesizer = get_response_synthesizer(llm=llm, streaming=True)
    engine = RetrieverQueryEngine(retriever=Shelf(), response_synthesizer=synthesizer)

    def ask(question: str, spoken: Callable[[], None]) -> str:
        pieces: list[str] = []
        for piece in engine.query(question).response_gen:
            if piece and not pieces:
                spoken()
            if piece:
                pieces.append(piece)
        return "".join(pieces)

    return ask


measure(prepare)
