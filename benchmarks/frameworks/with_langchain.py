"""The usual chain of LangChain: retriever, prompt, chat model, parser of the text; streamed."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from asking import Ask, measure
from shelf import Retriever


def prepare(url: str, model: str) -> Ask:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnablePassthrough
    from langchain_openai import ChatOpenAI

    shelf = Retriever()

    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
            return [Document(page_content=text, metadata={"title": title}) for title, text in shelf.search(query)]

    def listed(documents: list[Document]) -> str:
        return "\n".join(
            f'<passage id="{number}" title="{one.metadata["title"]}">{one.page_content}</passage>'
            for number, one in enumerate(documents, start=1)
        )

    prompt = ChatPromptTemplate.from_messages(
        [
            ("system", "Answer from the passages alone, and cite them by their number in square brackets."),
            ("human", "{passages}\n<question>{question}</question>"),
        ]
    )
    chat = ChatOpenAI(
        base_url=f"{url}/v1", api_key="none", model=model, temperature=0.3, max_tokens=800, streaming=True
    )
    chain = {"passages": Shelf() | listed, "question": RunnablePassthrough()} | prompt | chat | StrOutputParser()

    def ask(question: str, spoken: Callable[[], None]) -> str:
        pieces: list[str] = []
        for piece in chain.stream(question):
            if piece and not pieces:
                spoken()
            if piece:
                pieces.append(piece)
        return "".join(pieces)

    return ask


measure(prepare)
