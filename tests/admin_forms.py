"""Admin forms as a browser sends them: what the page holds, with some fields changed and one button pressed."""

from lxml import html


def opened(client, url):
    """The values of the page's form, in a dict of lists."""
    response = client.get(url)
    assert response.status_code == 200, response
    return values_of(response)


def values_of(response):
    """The values that the form of a page would send, without its buttons."""
    forms = html.fromstring(response.content.decode()).xpath(
        "//div[@id='content-main']//form[@method='post']"
    )
    values = {}
    for field in forms[0].iter("input"):  # sent as empty by a browser, left out by lxml
        if field.get("value") is None and field.get("type") not in {"checkbox", "radio", "file"}:
            field.set("value", "")
    areas = {area.get("name") for area in forms[0].iter("textarea")}
    for name, value in forms[0].form_values():
        # A browser drops the first line break of a text area, which Django puts there; lxml does not.
        values.setdefault(name, []).append(value.removeprefix("\n") if name in areas else value)
    return values


def send(client, url, press="_save", values=None, **changes):
    """Open the form (or take ``values``), change fields, press a button; a field set to None is left out."""
    data = dict(values or opened(client, url))
    for name, value in changes.items():
        data.pop(name, None)
        if value is not None:
            data[name] = value
    return client.post(url, {**data, press: "1"})


def errors_of(response):
    """The form's errors as a dict of lists of sentences."""
    return {
        name: [str(e) for e in errors] for name, errors in response.context["adminform"].form.errors.items()
    }
