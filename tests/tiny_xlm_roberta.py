"""A tiny XLM-R whose Unigram vocabulary is really trained, on what the bot says in four languages."""

from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import UnigramTrainer

from chatbot.phrases import phrases

LANGUAGES = ("en", "de", "el", "th")
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
POSITIONS = 130


def trained_tokenizer() -> Tokenizer:
    """Laid out as XLM-R's: four special tokens first, the mask last."""
    tokenizer = Tokenizer(Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    trainer = UnigramTrainer(vocab_size=1500, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False)
    said = [text for code in LANGUAGES for text in phrases(code).texts.values()]
    tokenizer.train_from_iterator([*said, *phrases("de").small_talk, *phrases("el").small_talk], trainer)
    tokenizer.add_special_tokens(["<mask>"])
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def save_xlm_roberta(folder: Path, model_class: str, **settings: Any) -> Any:
    """A standard checkpoint folder with random weights; returns the model. `settings`: more of its config."""
    import torch
    import transformers

    tokenizer = trained_tokenizer()
    torch.manual_seed(3)
    config = transformers.XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size() + 30,  # some real ones have rows that no piece names
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
        initializer_range=0.2,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        **settings,
    )
    model = getattr(transformers, model_class)(config).eval()
    model.save_pretrained(folder)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=POSITIONS - 2,
    )
    fast.save_pretrained(folder)
    return model
