import pytest

from foveal.evaluation.markup import Html, element, escaped, join, name, shortened


def test_text_is_escaped_and_markup_is_not():
    inner = element("b", "<i>")
    assert element("p", "a & b ", inner) == "<p>a &amp; b <b>&lt;i&gt;</b></p>"


def test_a_formatted_string_of_markup_is_escaped_again():
    assert "&lt;b&gt;" in element("p", f"{element('b', 'x')}")


@pytest.mark.parametrize("quote", ['"', "'"])
def test_attributes_cannot_be_left(quote: str):
    made = element("img", alt=f"{quote}><script>", title=f"{quote} onload=x")
    assert made.count("<") == 1
    assert made.count('"') == 4
    assert "'" not in made


def test_attribute_names_are_those_of_html():
    assert element("a", class_="x", aria_label="y", viewBox="z", hidden=None, open=False) == (
        '<a class="x" aria-label="y" viewBox="z"></a>'
    )


def test_void_elements_are_not_closed():
    assert element("br") == "<br>"


def test_what_cannot_be_written_becomes_a_replacement_character():
    shown = escaped("a\x00b\udcffc\u202ed\x1b\ue000")
    assert shown == "a\ufffdb\ufffdc\ufffdd\ufffd\ue000"
    shown.encode()


def test_joining_leaves_out_nothing_but_none():
    assert join(["a", None, Html("<br>"), "<"], " & ") == "a &amp; <br> &amp; &lt;"


def test_long_names_keep_both_ends_and_the_whole_name_in_the_tooltip():
    assert shortened("abcdefghij", 5) == "ab…ij"
    assert shortened("abcde", 5) == "abcde"
    assert name("abcdefghij", 5) == '<bdi title="abcdefghij">ab…ij</bdi>'
    assert name("قطة") == "<bdi>قطة</bdi>"
