"""Prints the scalars of event files, read by TensorBoard itself, as one JSON object: {tag: [[step, value], ...]}.

    python3 -m venv venv && venv/bin/pip install tensorboard && venv/bin/python read-events.py FILE_OR_FOLDER

Of a folder, it reads the event files in it but not in its subfolders. Values that JSON has no numbers for are the
strings "nan", "inf" and "-inf".
"""
import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.tensorflow_stub import errors, pywrap_tensorflow


def check(path):
    """Ends the program if a record is damaged: TensorBoard would leave out all that follows, without a word."""
    reader = pywrap_tensorflow.PyRecordReader_New(str(path))
    try:
        while True:
            reader.GetNext()
    except errors.OutOfRangeError:
        pass
    except errors.DataLossError as error:
        sys.exit(f"{error.message}.")


def number(value):
    return value if math.isfinite(value) else str(value)


def main():
    if len(sys.argv) != 2:
        sys.exit("Usage: read-events.py FILE_OR_FOLDER")
    place = pathlib.Path(sys.argv[1])
    files = sorted(place.glob("*tfevents*")) if place.is_dir() else [place]
    if not files or not all(file.is_file() and "tfevents" in file.name for file in files):
        sys.exit(f"{place} is no event file, nor a folder with event files in it. Their names contain 'tfevents'.")
    for file in files:
        check(file)
    # Zero stands for all values; by default it would draw 10,000 of each tag.
    accumulator = event_accumulator.EventAccumulator(str(place), {event_accumulator.SCALARS: 0}).Reload()
    scalars = {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()[event_accumulator.SCALARS]}
    print(json.dumps({tag: [[event.step, number(event.value)] for event in events] for tag, events in scalars.items()}))


main()
