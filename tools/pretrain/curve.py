"""The loss curve of a run as a small SVG: training loss as a line, held-out loss as dots."""

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 34


def points_of(rows):
    """(step, training loss) and (step, held-out loss at offset 0), as far as the log has them."""
    name = "masked" if any("masked" in row for row in rows) else "causal"
    training = [(row["step"], row[name]) for row in rows if name in row]
    held = [(row["step"], row["heldOut"]) for row in rows if "heldOut" in row]
    return training, [(step, value["0"] if isinstance(value, dict) else value) for step, value in held]


def scale(low, high, begin, end):
    """A linear map of [low, high] to [begin, end]."""
    span = (high - low) or 1
    return lambda value: round(begin + (value - low) / span * (end - begin), 1)


def loss_curve(rows):
    """SVG text; without any point it says so."""
    training, held = points_of(rows)
    every = training + held
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">'
    if not every:
        return head + '<text x="20" y="30">no loss was logged</text></svg>\n'
    low, high = min(v for _, v in every), max(v for _, v in every)
    x = scale(min(s for s, _ in every), max(s for s, _ in every), LEFT, WIDTH - RIGHT)
    y = scale(low, high, HEIGHT - BOTTOM, TOP)
    return "\n".join([head, *axes(x, y, low, high, max(s for s, _ in every)), *marks(training, held, x, y), "</svg>\n"])


def axes(x, y, low, high, last):
    """Grid lines with the loss in nats, and the last step."""
    for i in range(5):
        value = low + (high - low) * i / 4
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}" y2="{y(value)}" stroke="#ccc"/>'
        yield f'<text x="{LEFT - 6}" y="{y(value) + 4}" text-anchor="end" fill="#666">{value:.2f}</text>'
    yield f'<text x="{x(last)}" y="{HEIGHT - 18}" text-anchor="end" fill="#666">step {last:,}</text>'
    yield f'<text x="{LEFT}" y="{HEIGHT - 4}" fill="#666">nats: training (line), held out (dots)</text>'


def marks(training, held, x, y):
    """The curve itself."""
    line = " ".join(f"{x(step)},{y(value)}" for step, value in training)
    yield f'<polyline points="{line}" fill="none" stroke="#4c78a8" stroke-width="1.2"/>'
    for step, value in held:
        yield f'<circle cx="{x(step)}" cy="{y(value)}" r="2.5" fill="#e45756"/>'
