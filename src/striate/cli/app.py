"""The verbs and their flags. What a verb does is in the file that it imports when it is called.

striate check | train | compare | evaluate | predict | summary | explain | demo
"""

import importlib.metadata
from typing import Annotated, Any

import typer

from striate.cli.flags import given, takes_settings
from striate.cli.inside import inside
from striate.cli.painting import painting

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[str, typer.Argument(metavar="DATA", help='A folder, .csv, .npz or idx files; or "digits".')]
Format = Annotated[
    str | None, typer.Option(metavar="folder|csv|idx|npz", help="The layout, if looking is not enough.")
]
Json = Annotated[bool, typer.Option("--json", metavar=" ", help="Print JSON, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar=" ", help="Show no progress.")]
FitBatch = Annotated[
    bool,
    typer.Option(
        "--fit-batch", metavar=" ", help="If a batch is too large for memory, go on with one that fits."
    ),
]
MODEL = "A .safetensors file, the folder of a run, or a name with published weights, as resnet50"
Model = Annotated[str, typer.Argument(metavar="MODEL", help=MODEL + ".")]
Images = Annotated[
    list[str], typer.Argument(metavar="IMAGES...", help="Files, folders or patterns like 'a/*.jpg'.")
]


@app.callback(invoke_without_command=True)
def striate(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", metavar=" ", help="Print the version.")] = False,
) -> None:
    """Train, measure and explain convolutional networks on your own pictures.

    Try: striate demo
    """
    if version:
        typer.echo(f"striate {importlib.metadata.version('striate')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(short_help="Read a data set once and list what is wrong with it.")
def check(
    data: Data,
    format: Format = None,
    augment: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Draw one sample N times, augmented.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The augmentation to draw, as in train.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to draw it.")] = "augmented.png",
    json: Json = False,
) -> None:
    """Read a data set once and list, by file name, what is wrong, odd or worth knowing.

    Ends with 2 if training would refuse the data. With --augment N: draw what augmentation does instead.
    """
    from striate.cli import checking

    if augment is None:
        checking.check(data, format, json=json)
    else:
        checking.sheet(data, format, augment, recipe, out)


@app.command(short_help="Train a classifier on a data set.")
@takes_settings
def train(
    data: Annotated[str | None, Data.__metadata__[0]] = None,
    *,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The run folder (default runs/DATA-MODEL).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar=" ", help="Go on with an interrupted run.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", metavar=" ", help="Replace the run folder.")] = False,
    fit_batch: FitBatch = False,
    find_lr: Annotated[
        bool, typer.Option("--find-lr", metavar=" ", help="Do not train: look for a good learning rate.")
    ] = False,
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --find-lr: draw the loss into a .png or .svg file."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Train a classifier on a data set. The classes come from the data.

    Writes a run folder: the best model, settings, metrics, checkpoints and report.html.
    """
    from striate.cli import training

    if find_lr or plot is not None:
        training.find_rate(data, plot, search=find_lr, as_json=json, settings=given(settings))
        return
    ways = {"resume": resume, "force": force, "fit_batch": fit_batch}
    training.train(data, out=out, ways=ways, as_json=json, quiet=quiet, settings=given(settings))


@app.command(short_help="Train several networks on a data set, and say which to choose.")
@takes_settings
def compare(
    data: Data,
    models: Annotated[str, typer.Option(metavar="NAME,NAME", help="The networks; see striate.models().")],
    *,
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each network.")] = 1,
    costs_only: Annotated[
        bool, typer.Option("--costs-only", metavar=" ", help="Measure time and memory; train nothing.")
    ] = False,
    fit_batch: FitBatch = False,
    out: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where (default runs/compare-DATA, which goes on).")
    ] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", metavar=" ", help="Print the table as CSV.")] = False,
    quiet: Quiet = False,
    **settings: Any,
) -> None:
    """Compare networks on the same data, split, budget and seeds: accuracy, time and memory on this machine.

    Writes a folder with a run for each and compare.html. The same command goes on where it was interrupted.
    """
    from striate.cli import comparing

    ways = {"seeds": seeds, "costs_only": costs_only, "fit_batch": fit_batch, "out": out}
    comparing.compare(data, models, ways, as_json=json, as_csv=csv, quiet=quiet, settings=given(settings))


@app.command(short_help="Measure a model on a data set.")
def evaluate(
    model: Model,
    data: Data,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="train|val|test|all", help="Part of the data (default: test, or val without it)."
        ),
    ] = None,
    format: Format = None,
    json: Json = False,
) -> None:
    """Measure a model on a data set: accuracy, top-5, calibration, and every class."""
    from striate.cli import measuring

    measuring.evaluate(model, data, split, format, as_json=json)


@app.command(short_help="Say what is in pictures.")
def predict(
    images: Images,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help=MODEL + " (default: the newest run)."),
    ] = None,
    json: Json = False,
    save: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Draw the answers on the pictures.")
    ] = None,
    top: Annotated[int, typer.Option(metavar="K", min=1, help="How many classes to name.")] = 3,
    engine: Annotated[
        str, typer.Option(metavar="auto|openvino|torch", help="What computes; auto is quick for any number.")
    ] = "auto",
    precision: Annotated[
        str, typer.Option(metavar="exact|bf16|int8", help="bf16 and int8 are faster and not exact.")
    ] = "exact",
) -> None:
    """Say what is in pictures. Unreadable files are named at stderr; the others are answered."""
    from striate.cli import answering

    chosen = {"engine": engine, "precision": precision}
    answering.predict(images, model, as_json=json, save=save, top=top, **chosen)


@app.command(short_help="Show where a model looked.")
def explain(
    model: Model,
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="IMAGES...", help="Files, folders or patterns; filters need none."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="saliency, gradcam, integrated_gradients, occlusion, ...")
    ] = "saliency",
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The layer that the method looks at (default: the last with maps)."
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="CLASS", help="The class to explain (default: the predicted one).")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Of the method, as in samples=50; repeatable."),
    ] = None,
    save: Annotated[
        str, typer.Option("--out", "--save", metavar="FILE", help="Where to draw it; .npz keeps the numbers.")
    ] = "explained.png",
) -> None:
    """Show where a model looked: every picture, its map and both together, drawn into one file.

    Methods: saliency, gradient_x_input, smoothgrad, integrated_gradients, guided_backprop, deconvnet,
    gradcam, guided_gradcam, occlusion; activations and filters show the inside of the network.
    """
    from striate.cli import answering

    answering.explain(model, images or [], method, layer, target, option or [], save)


@app.command(short_help="Write a model for other programs: ONNX, torch, OpenVINO.")
def export(
    model: Model,
    to: Annotated[str, typer.Option(metavar="onnx|torch|openvino", help="The format.")],
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file (default: beside the model).")
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGES", help="Pictures on which scores must agree (default: of the run)."),
    ] = None,
    precision: Annotated[str, typer.Option(metavar="exact|int8", help="int8 is for openvino.")] = "exact",
    calibrate: Annotated[
        str | None, typer.Option(metavar="DATA", help="Labelled pictures for int8, as for train.")
    ] = None,
    most_loss: Annotated[
        float, typer.Option(metavar="POINTS", help="Accuracy that int8 may cost on unseen pictures.")
    ] = 1.0,
) -> None:
    """Write a model for other programs, after comparing its scores with the model's on real pictures.

    Normalization is inside the file; classes and preprocessing stand in its metadata. An int8 file is
    calibrated on your pictures, measured on others, and becomes what predict --precision int8 answers with.
    """
    from striate.cli import shipping

    asked = {"precision": precision, "calibrate": calibrate, "most_loss": most_loss}
    shipping.export(model, check, to=to, out=out, **asked)


@app.command(short_help="List a network's layers, shapes, parameters and costs.")
def summary(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A network's name, a .safetensors file or a run."),
    ] = None,
    input: Annotated[
        str | None, typer.Option(metavar="CxHxW", help="Size of the images (default: that of the model).")
    ] = None,
    classes: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="For a network's name (default: its paper's).")
    ] = None,
    block: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYERS", help='Instead of a model: what layers cost, as in "1x1x16,5x5x32"; repeatable.'
        ),
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw bars by layer into a .png, .svg or .pdf file.")
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="For a network's name, as in width=0.5; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """List a network's layers: activations, parameters, multiplications, receptive field and stride.

    With --block: compare a few layers, such as 5x5x32 and 1x1x16,5x5x32 on --input 192x28x28.
    """
    from striate.cli import measuring

    if block:
        measuring.blocks(model, block, input, plot, as_json=json)
    else:
        measuring.summary(model, input, plot, as_json=json, classes=classes, arguments=set or [])


@app.command(short_help="Watch a network learn handwritten digits (under a minute).")
def demo(
    out: Annotated[str | None, typer.Option(metavar="FOLDER", help="The run folder.")] = None,
    open: Annotated[
        bool, typer.Option("--open/--no-open", metavar=" ", help="Open the report in a browser.")
    ] = True,
    quiet: Quiet = False,
) -> None:
    """Train LeNet-5 on the handwritten digits of scikit-learn and report on digits that it never saw."""
    from striate.cli import training

    training.demo(out, open_report=open, quiet=quiet)


app.add_typer(inside)
app.add_typer(painting)
