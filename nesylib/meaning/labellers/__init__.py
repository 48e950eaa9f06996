"""From a neuron to its name: one interface, several labellers.

Every labeller takes :class:`Evidence` (neurons, the pictures they like best, where they look in
them) and gives :class:`nesylib.meaning.Labels`. What it cannot name it lists with the reason.

``evidence.py``   Evidence and gather: what a labeller sees
``masks.py``      names of the object masks under the heat-maps (NeSyFOLD's mass ratio)
``head_words.py`` words of a classification head, such as ImageNet's
``known.py``      known bits: a ceiling where they are true, and random words: the control
``choosing.py``   from a score for every word to the few that make a name
``chat.py``       a multimodal language model behind an OpenAI-compatible endpoint
``lit_pictures.py`` the picture that such a model is shown
``parsing.py``    its answer, read strictly
``endpoint.py``   one request: the key, redirects, time and size limits
``patience.py``   when to ask again, and how long to wait
``budget.py``     what may be spent, and what was
``answers.py``    answers kept on disk
"""

from nesylib._lazy import lazy

_WHERE = {
    "Answers": "answers",
    "Budget": "budget",
    "ChatWords": "chat",
    "Endpoint": "endpoint",
    "EndpointError": "endpoint",
    "Evidence": "evidence",
    "HeadWords": "head_words",
    "KnownConcepts": "known",
    "Labeller": "evidence",
    "MaskNames": "masks",
    "Patience": "patience",
    "RandomWords": "known",
    "gather": "evidence",
    "imagenet_scores": "head_words",
    "montage": "lit_pictures",
    "object_scores": "head_words",
}

__getattr__, __dir__, __all__ = lazy(__name__, _WHERE)
