"""The decoder: cached equals uncached equals PyTorch's layer; maps; who may see what."""

import pytest
import torch
from torch import nn

from nesylib.symbols import SymbolDecoder
from nesylib.symbols.decoder import DECODINGS
from nesylib.symbols.discretizers import DISCRETIZERS, make_discretizer

WIDTH, TOKENS, LENGTH, V = 16, 10, 6, 8


def build(
    decoding="autoregressive", name="softmax", features=12, separate=False, cls=False, **options
):
    torch.manual_seed(3)
    sizes = dict(width=WIDTH, layers=2, heads=4, length=LENGTH)
    decoder = SymbolDecoder(features, decoding=decoding, from_cls=cls, **sizes)
    tables = [make_discretizer(name, WIDTH, V, **options) for _ in range(LENGTH if separate else 1)]
    return decoder, [tables[j % len(tables)] for j in range(LENGTH)]


def tokens(features=12, n=3):
    torch.manual_seed(4)
    return torch.randn(n, TOKENS, features)


@pytest.mark.parametrize("name", DISCRETIZERS)
@pytest.mark.parametrize(("training", "cls"), [(True, False), (False, False), (True, True)])
def test_cached_equals_uncached(name, training, cls):
    decoder, tables = build(name=name, cls=cls)
    found = []
    for cached in (True, False):
        torch.manual_seed(9)  # the same noise
        for table in tables:
            table.train(training)
        if name == "vq":
            tables[0].started.fill_(True)
        found.append(decoder(tokens(), tables, 0.2, maps=True, cached=cached))
    assert torch.equal(found[0].found.symbols, found[1].found.symbols)
    torch.testing.assert_close(found[0].hidden, found[1].hidden)
    torch.testing.assert_close(found[0].maps, found[1].maps)
    grads = []
    for emission in found:
        decoder.zero_grad()
        emission.hidden.square().sum().backward()
        grads.append(torch.cat([p.grad.flatten() for p in decoder.parameters()]))
    torch.testing.assert_close(grads[0], grads[1], rtol=1e-4, atol=1e-4)


def test_a_block_is_pytorchs_decoder_layer():
    decoder, _ = build("parallel", features=WIDTH)
    theirs = nn.TransformerDecoderLayer(
        WIDTH, 4, 2 * WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    ours = decoder.blocks[0]
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(ours.own.qkv.weight)
        theirs.self_attn.in_proj_bias.copy_(ours.own.qkv.bias)
        theirs.self_attn.out_proj.load_state_dict(ours.own.out.state_dict())
        query, kv = ours.cross.query, ours.cross.kv
        theirs.multihead_attn.in_proj_weight.copy_(torch.cat([query.weight, kv.weight]))
        theirs.multihead_attn.in_proj_bias.copy_(torch.cat([query.bias, kv.bias]))
        theirs.multihead_attn.out_proj.load_state_dict(ours.cross.out.state_dict())
        theirs.linear1.load_state_dict(ours.mlp[0].state_dict())
        theirs.linear2.load_state_dict(ours.mlp[2].state_dict())
        for mine, other in zip(ours.norms, (theirs.norm1, theirs.norm2, theirs.norm3), strict=True):
            other.load_state_dict(mine.state_dict())
        x, memory = torch.randn(3, LENGTH, WIDTH), tokens(WIDTH)
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        expected = theirs(x, memory, tgt_mask=mask, tgt_is_causal=True)
        kept = ours.cross.keys_values(memory)
        out, weights, _ = ours(x, kept, None)
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-5)
    normed = theirs.norm2(x + theirs._sa_block(theirs.norm1(x), mask, None))
    _, expected = theirs.multihead_attn(normed, memory, memory, average_attn_weights=True)
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_maps_are_shares_of_attention(decoding):
    decoder, tables = build(decoding, separate=True)
    emission = decoder(tokens(), tables, maps=True)
    assert emission.maps.shape == (3, LENGTH, TOKENS)
    torch.testing.assert_close(emission.maps.sum(-1), torch.ones(3, LENGTH))
    assert decoder(tokens(), tables).maps is None


def test_tokens_are_projected_once_a_picture(monkeypatch):
    decoder, tables = build()
    calls = []
    real = type(decoder.blocks[0].cross).keys_values
    counted = lambda self, x: calls.append(1) or real(self, x)
    monkeypatch.setattr(type(decoder.blocks[0].cross), "keys_values", counted)
    decoder(tokens(), tables)
    assert len(calls) == 2  # one a block
    decoder(tokens(), tables, cached=False)
    assert len(calls) == 2 + 2 * LENGTH


def test_a_symbol_depends_on_those_before_it_and_not_on_those_after():
    decoder, tables = build()
    tables[0].eval()
    first = decoder(tokens(), tables).hidden
    with torch.no_grad():
        decoder.queries[3] += torch.randn(WIDTH)
    second = decoder(tokens(), tables).hidden
    torch.testing.assert_close(first[:, :3], second[:, :3])
    assert not torch.allclose(first[:, 3], second[:, 3])


def test_a_round_gets_what_the_rounds_before_it_left():
    decoder, tables = build("residual", "vq", separate=True)
    for table in tables:
        table.eval()
    emission = decoder(tokens(), tables)
    spoken = emission.found.vectors
    torch.testing.assert_close(emission.hidden[:, 1], emission.hidden[:, 0] - spoken[:, 0])
    torch.testing.assert_close(
        emission.hidden[:, -1], emission.hidden[:, 0] - spoken[:, :-1].sum(1)
    )


@pytest.mark.parametrize("decoding", DECODINGS)
def test_queries_may_start_from_cls(decoding):
    decoder, tables = build(decoding, separate=True, cls=True)
    told = tokens()
    told[:, 0] += torch.randn(12) * 3
    with torch.no_grad():
        for block in decoder.blocks:  # nothing comes through attention to the tokens
            block.cross.out.weight.zero_()
        one, other = (decoder(t, tables).hidden for t in (tokens(), told))
        assert (one - other).abs().amax((0, 2)).min() > 1e-3  # every position is told
        decoder.summary.weight.zero_()
        one, other = (decoder(t, tables).hidden for t in (tokens(), told))
    torch.testing.assert_close(one, other)


def test_half_precision_tokens_are_taken():
    decoder, tables = build()
    assert decoder(tokens().half(), tables).hidden.dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (dict(length=0), "at least 1 symbol"),
        (dict(decoding="beam"), "autoregressive, parallel, residual"),
        (dict(width=10, heads=4), "multiple of heads"),
        (dict(layers=0), "at least 1"),
    ],
)
def test_bad_settings_are_told(options, what):
    with pytest.raises(ValueError, match=what):
        SymbolDecoder(12, **options)


@pytest.mark.parametrize("decoding", DECODINGS)
def test_one_discretizer_for_each_position(decoding):
    decoder, tables = build(decoding, separate=True)
    for wrong in (tables[:-1], [*tables, tables[0]]):
        with pytest.raises(ValueError, match="6 symbols are written"):
            decoder(tokens(), wrong)
