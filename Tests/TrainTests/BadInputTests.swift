import Foundation
import MartletTestSupport
import Testing

/// Arguments that must be refused: with which exit code, and what standard error must say.
struct BadInput: Sendable, CustomTestStringConvertible {
  let arguments: String
  let status: Int32
  let says: String
  var environment: [String: String] = [:]

  var testDescription: String { arguments }

  static let usage: [BadInput] =
    [
      ("--epochs -1", "--epochs must be from 0 to 1000000, not -1"),
      ("--epochs two", "'two' is invalid"),
      ("--epochs", "Missing value"),
      ("--batch-size 0", "--batch-size must be from 1 to 65536, not 0"),
      ("--batch-size 65537", "from 1 to 65536"),
      ("--learning-rate -0.1", "--learning-rate must be 0 or more"),
      ("--learning-rate nan", "--learning-rate must be 0 or more"),
      ("--learning-rate inf", "--learning-rate must be 0 or more"),
      ("--momentum -1", "--momentum must be 0 or more"),
      ("--weight-decay -1", "--weight-decay must be 0 or more"),
      ("--momentum 0 --nesterov", "--nesterov needs"),
      ("--seed -1", "'-1' is invalid"),
      ("--seed 18446744073709551616", "is invalid"),
      ("--threads 0", "--threads must be from 1 to 1024"),
      ("--threads 5000", "--threads must be from 1 to 1024"),
      ("--limit 0", "--limit must be at least 1"),
      ("--log-every 0", "--log-every must be at least 1"),
      ("--labelled 0", "--labelled must be at least 1"),
      ("--labelled 101 --limit 100", "there are only 100 training images"),
      ("--dataset imagenet", "'imagenet' is invalid"),
      ("--data here", "'shapes' is made by the program"),
      ("--normalization 0.5", "--normalization takes a mean and a deviation with a colon between them"),
      ("--normalization 0.5:", "--normalization takes a mean and a deviation"),
      ("--normalization 0.5:x", "not '0.5:x'"),
      ("--normalization nan:1", "--normalization takes a mean and a deviation"),
      ("--normalization 0.5:0.5:0.5", "--normalization takes a mean and a deviation"),
      ("--normalization 0.5:0", "deviations from 0.000001 to 1000000, not '0.5:0'"),
      ("--normalization 0.5:-1", "deviations from 0.000001"),
      ("--normalization inf:1", "means from -1000000"),
      ("--normalization 0.5:0.5,0.5,0.5", "--normalization has 1 means for 3 deviations"),
      ("--normalization 0.5,0.5:0.5,0.5 --limit 8", "--normalization is for 2 channels, but these images have 3"),
      ("evaluate w.safetensors --normalization 1:", "--normalization takes a mean"),
      ("evaluate w.safetensors --normalization 1,1:1,1", "--normalization is for 2 channels"),
      ("compare --limit 8 --normalization 0,0,0,0:1,1,1,1", "--normalization is for 4 channels"),
      ("--model resnet", "--model: There is no network 'resnet'. There are tutorial, mlp"),
      ("--model vgg:widths=8/8/8/8/8/8", "--model vgg:widths=8/8/8/8/8/8 does not fit images of shape (3, 32, 32)"),
      ("--dataset mnist --data grey --model speedrun:widths=8/8/8/8/8", "does not fit images of shape (1, 28, 28)"),
      ("describe --dataset mnist --model vgg:widths=8/8/8/8/8", "--model vgg:widths=8/8/8/8/8 does not fit images"),
      ("evaluate text --model vgg:widths=8/8/8/8/8/8", "--model vgg:widths=8/8/8/8/8/8 does not fit images"),
      ("--model vgg:depth=101", "--model: vgg: depth must be 100 at most, not 101"),
      ("--model vgg:depth=1.5", "--model: vgg: depth must be a number that is whole"),
      ("--model vgg:widths=8//8", "--model: vgg: widths must be numbers with slashes between them"),
      ("--model mlp:hidden=", "--model: mlp: hidden must be numbers with slashes"),
      ("--model mlp:512,512", "--model: 'mlp:512,512' says 'hidden' twice"),
      ("--model lenet:3", "--model: lenet has no parameter '3'. It takes none."),
      ("--optimizer sgdd", "--optimizer: There is no optimizer 'sgdd'. There are sgd, adam"),
      ("--optimizer sgd:dampening=0.5 --nesterov", "--nesterov does not go with --optimizer sgd:dampening=0.5"),
      ("--optimizer adam:beta1=1", "--optimizer: adam: beta1 must be a number at least 0 and below 1, not '1'"),
      ("--optimizer muon:steps=1000", "--optimizer: muon: steps must be 100 at most, not 1000"),
      ("--optimizer rmsprop --momentum 0.5", "--momentum is for --optimizer sgd or muon."),
      ("--optimizer muon:matrices=", "--optimizer: muon: matrices needs a value; write matrices=weights."),
      ("--optimizer muon:matrices", "--optimizer: muon: matrices needs a value; write matrices=weights."),
      (
        "--optimizer muon:matrices=*bias --limit 8",
        "--optimizer muon:matrices=*bias: 'matrices' chooses no weights of two sizes or more; the network has conv1.weight"
      ),
      ("describe --optimizer sgdd", "--optimizer: There is no optimizer 'sgdd'"),
      ("--schedule sine", "--schedule: There is no schedule 'sine'. There are constant, step"),
      ("--schedule step:every=0", "--schedule: step: every must be a number above 0, not '0'"),
      ("--schedule step:every=1e30", "--schedule: every must be 1000000 epochs at most"),
      ("--schedule cosine:warmup=1e9", "--schedule: warmup must be 1000000 epochs at most"),
      ("--schedule multi-step:at=1.5,unit=share", "--schedule: at is a share of training, from 0 to 1, not 1.5"),
      ("--schedule step:every=1.5,unit=steps", "--schedule: every must be a whole number of steps, not 1.5"),
      ("--schedule triangular:peak=2", "--schedule: triangular: peak must be a number from 0 to 1, not '2'"),
      ("--lookahead slow", "--lookahead: There is no kind of Lookahead 'slow'"),
      ("--lookahead constant:every=0", "--lookahead: constant: every must be a number that is whole"),
      ("--ema 1", "--ema must be at least 0 and below 1, not 1.0"),
      ("--ema nan", "--ema must be at least 0 and below 1, not nan"),
      ("--swa -0.5", "--swa must be at least 0 and below 1, not -0.5"),
      ("--ema 0.9 --swa 0.5", "--ema and --swa are two averages"),
      ("--clip-value 0", "--clip-value must be a finite number above 0"),
      ("--max-norm -1", "--max-norm must be a finite number above 0"),
      ("--groups nonsense", "--groups takes names and what they differ in"),
      ("--groups nonsense:rate=2 --limit 8", "--groups: the network has no parameter 'nonsense'; it has conv1.weight"),
      ("--groups conv.*:rate=2 --limit 8", "--groups: the network has no parameter 'conv.*'"),
      ("--groups scales:decay=0 --limit 8", "--groups: the network has no parameters of one of these kinds"),
      ("--groups *:frozen --limit 8", "--groups freezes all parameters"),
      ("--groups biases:frozen;weights:frozen --whiten 5 --limit 8", "--groups freezes all parameters"),
      ("--groups biases:rate=-1", "--groups: biases: rate must be a number 0 or more, not '-1'"),
      ("--groups biases:", "--groups: biases has no parameter ''"),
      ("--groups biases:epochs=1e30", "--groups: biases: epochs must be 1000000 at most"),
      ("--augment blur", "--augment: There is no augmentation 'blur'. There are flip"),
      ("--augment flip,,crop", "--augment: There is no augmentation ''"),
      ("--augment flip:2", "--augment: flip: probability must be a number from 0 to 1, not '2'"),
      ("--augment crop:40:reflect --limit 8", "--augment crop:40:reflect needs images of more than 80 pixels a side"),
      ("--augment crop:16:reflect --limit 8", "--augment crop:16:reflect needs images of more than 32 pixels a side"),
      ("--augment crop:4:mirror", "--augment: crop has no parameter 'mirror'"),
      ("--cutmix 0", "--cutmix must be from 0.001 to 1000, not 0.0"),
      ("--cutmix 1 --batch-size 1", "--cutmix mixes the images of a step"),
      (
        "--cutmix 1 --labels soft --loss distillation",
        "--cutmix makes soft labels out of two, which --loss distillation"
      ),
      ("--cutmix 1 --loss nll --labels soft --tta upside-down", "'upside-down' is invalid"),
      ("--validation 0", "--validation must be above 0 and below 1, not 0.0"),
      ("--validation 1", "--validation must be above 0 and below 1, not 1.0"),
      ("--validation nan", "--validation must be above 0 and below 1, not nan"),
      ("--patience 2", "--patience is for --validation"),
      ("--validation 0.5 --patience 0", "--patience must be at least 1, not 0"),
      ("--validation 0.5 --limit 1", "--validation needs two images with labels or more"),
      ("--validation 0.5 --labelled 1", "--validation needs two images with labels or more"),
      ("--validation 0.9 --limit 20", "--validation 0.9 leaves no image of class"),
      ("compare --labels hard --validation 0.9 --labelled 10", "--validation 0.9 leaves no image of class"),
      ("--whiten 0", "--whiten must be at least 1, not 0"),
      (
        "--whiten 5 --model mlp --limit 8",
        "--whiten is for networks that start with a convolution; --model mlp does not"
      ),
      (
        "--whiten 5 --model vgg --limit 8",
        "--whiten makes 54 channels of these images at most, but block1.conv1.weight has"
      ),
      (
        "--model speedrun:widths=8/8/8/8 --batch-size 4 --limit 9",
        "--batch-size 4 leaves 1 image to the smallest step of an epoch, but this network's batch normalisation needs 2"
      ),
      ("--model speedrun:widths=8/8/8/8 --batch-size 1 --limit 9", "--batch-size 1 leaves 1 image"),
      (
        "--model speedrun:widths=8/8/8/8 --batch-size 4 --limit 9 --labels soft --teacher-folds 2",
        "--batch-size 4 leaves 1 image"
      ),
      ("--recipe sprint", "--recipe: There is no recipe 'sprint'. There are speedrun, speedrun-small, resnet20"),
      ("compare --recipe=sprint", "--recipe: There is no recipe 'sprint'"),
      ("recipes sprint", "--recipe: There is no recipe 'sprint'"),
      ("--recipe", "Missing value for '--recipe"),
      ("evaluate text --recipe mnist", "Unknown option '--recipe'"),
      (
        "--recipe speedrun --optimizer sgd --dataset shapes --model mlp --whiten 5 --limit 8",
        "--whiten is for networks that start with a convolution"
      ),
      ("--recipe speedrun --dataset mnist --data grey", "--normalization is for 3 channels, but these images have 1"),
      ("catalog losses", "There is no catalog of 'losses'. There are model, optimizer"),
      ("evaluate text --tta flip --fit-temperature", "it does not go with --tta"),
      (
        "--dataset mnist --data tiny --model mlp --tta flip-and-shift",
        "--tta flip-and-shift needs images of 3×3 pixels"
      ),
      ("--hidden 10", "--hidden is for --model mlp"),
      ("--model mlp --hidden 10,,20", "--hidden takes whole numbers"),
      ("--model mlp --hidden 0", "--hidden takes whole numbers"),
      ("--labels fuzzy", "'fuzzy' is invalid"),
      ("--labels hard,soft", "is invalid"),
      ("--smoothing 0.1", "--smoothing is for --labels smooth"),
      ("--labels smooth --smoothing 1.5", "--smoothing must be from 0 to 1"),
      ("--labels smooth --smoothing -0.1", "--smoothing must be from 0 to 1"),
      ("--labels smooth --smoothing nan", "--smoothing must be from 0 to 1"),
      ("--soft-labels rows.npy", "--soft-labels is for --labels soft"),
      ("--teacher t.safetensors", "--teacher is for --labels soft"),
      ("--train-teacher", "--train-teacher is for --labels soft"),
      ("--temperature 2", "--temperature is for --labels soft"),
      ("--labels soft --temperature 0", "--temperature must be from 0.000001"),
      ("--labels soft --temperature -1", "--temperature must be from 0.000001"),
      ("--epochs 9223372036854775807", "--epochs must be from 0 to 1000000"),
      ("--model mlp --hidden 65536,65536", "GB of memory"),
      ("--save same --metrics same", "name the same file"),
      ("--quiet --log-every 5", "--log-every has no effect"),
      ("compare --log-every 5", "--log-every is for --metrics"),
      ("evaluate w.safetensors --metrics w.safetensors", "the file of the weights"),
      ("--labels soft --temperature 2", "--temperature is for a teacher"),
      ("--labels soft --soft-labels a --teacher b", "choose between --soft-labels and --teacher"),
      ("--labels soft --soft-labels a --temperature 2", "taken as they are"),
      ("--labels soft --allow-unnormalized", "--allow-unnormalized is for --soft-labels"),
      ("--allow-unnormalized", "--allow-unnormalized is for --soft-labels"),
      ("--allow-unnormalized --soft-labels x", "--soft-labels is for --labels soft"),
      ("--labels soft --smoothing 0.1", "--smoothing is for --labels smooth"),
      ("--keep-weights --rounds 2", "--rounds is for --labels soft"),
      ("--unknown", "Unknown option '--unknown'"),
      ("frobnicate", "Unexpected argument 'frobnicate'"),
      ("compare --labels hard,hard", "is invalid"),
      ("compare --labels hard,,soft", "is invalid"),
      ("compare --seeds 0", "--seeds must be from 1 to 10000"),
      ("compare --labels hard --smoothing 0.2", "--smoothing is for --labels smooth"),
      ("compare --seed 18446744073709551615", "leaves no room"),
      ("evaluate", "Missing expected argument"),
      ("evaluate w.safetensors --limit 0", "--limit must be at least 1"),
      ("evaluate w.safetensors --threads 0", "--threads must be from 1 to 1024"),
      ("evaluate w.safetensors --split both", "'both' is invalid"),
      ("--loss fokal", "There is no loss 'fokal'. There are cross-entropy, nll"),
      ("--loss focal:gama=1", "focal has no parameter 'gama'. It takes gamma=2"),
      ("--loss focal:gamma=-1", "gamma must be a number 0 or more, not '-1'"),
      ("--loss distillation", "does not take --labels hard"),
      ("--labels smooth --loss distillation:alpha=1", "does not take --labels smooth; it needs --labels soft"),
      (
        "--labels soft --loss distillation --soft-labels a --allow-unnormalized", "does not go with --loss distillation"
      ),
      ("--loss gce --class-weights balanced", "--class-weights is for cross-entropy, nll, bce, focal; gce takes"),
      ("--labels soft --loss distillation --temperature 2", "has the temperature 4.0, for both sides"),
      ("--labelled 5 --rounds 2", "--rounds is for --labels soft"),
      ("--labels soft --confidence 1.5", "--confidence must be from 0 to 1, not 1.5"),
      ("--labels soft --confidence-mean confident", "--confidence-mean is for --confidence"),
      ("--labels soft --unlabelled-weight -1", "--unlabelled-weight must be from 0 to 1000000"),
      ("--labels soft --unlabelled-weight inf", "--unlabelled-weight must be from 0 to 1000000"),
      ("--labels soft --save x --save-soft-labels x", "--save and --save-soft-labels name the same file"),
      ("compare --output=", "Missing value for '--output"),
      ("report a a/ --output b", "A folder is named twice"),
      ("--labels soft --ramp 3:1", "'3:1' is invalid"),
      ("--labels soft --ramp 1", "'1' is invalid"),
      ("--labels soft --rounds 0", "--rounds must be from 1 to 1000"),
      ("--labels soft --keep-weights", "--keep-weights is for --rounds above 1"),
      ("--labels soft --unlabelled-batch-size 4", "--unlabelled-batch-size needs --labelled"),
      ("--labels soft --labelled 5 --unlabelled-batch-size 0", "--unlabelled-batch-size must be from 1"),
      ("--labels soft --limit 5 --labelled 5 --unlabelled-batch-size 4", "here all 5 have one"),
      ("--labels soft --teacher-folds 1", "--teacher-folds must be from 2 to 1000"),
      ("--labels soft --limit 5 --teacher-folds 6", "--teacher-folds is 6, but there are only 5 labels"),
      ("--labels soft --teacher t --teacher-folds 2", "--teacher-folds is for a teacher that is trained"),
      ("--labels soft --soft-labels a --teacher-epochs 2", "--teacher-epochs is for a teacher that is trained"),
      ("--labelled-choice first", "--labelled-choice is for --labelled"),
      ("--labelled 10 --class-weights balanced", "add --labelled-choice first"),
      ("report", "Missing expected argument"),
      ("report a a --output b", "A folder is named twice"),
      ("report a b", "needs an --output of its own"),
      ("--label-noise symmetric:1.5", "--label-noise symmetric takes a rate from 0 to 1, not '1.5'"),
      ("--label-noise pairwise:x", "--label-noise pairwise takes a rate from 0 to 1, not 'x'"),
      ("--noise-seed 3", "--noise-seed is for --label-noise"),
      ("--ignore-index 10", "the classes are 0 to 9"),
      ("--ignore-index -100", "the classes are 0 to 9"),
      ("losses fokal", "There is no loss 'fokal'. There are cross-entropy"),
      ("--limit 1 --ignore-index 1", "leaves no training image with a label"),
      ("datasets write cifar10 out", "'cifar10' is invalid"),
      ("datasets write shapes", "Missing expected argument"),
      ("datasets write shapes out --limit 4", "--limit must be at least 5"),
    ].map { BadInput(arguments: $0, status: 64, says: $1) } + [
      BadInput(
        arguments: "--limit 8", status: 64, says: "MARTLET_ISA is 'itanium'; this processor can run: baseline",
        environment: ["MARTLET_ISA": "itanium"])
    ]

  static let files: [BadInput] = [
    ("--dataset cifar10", 66, "Looked for data_batch_1.bin"),
    ("--dataset cifar100", 66, "cifar-100-binary.tar.gz"),
    ("--dataset mnist --data nowhere", 66, "in nowhere, nowhere/mnist"),
    ("--dataset cifar10 --data half", 66, "half/data_batch_2.bin: This file of cifar10 is missing"),
    ("--dataset mnist --data broken", 65, "broken/train-images-idx3-ubyte"),
    ("--dataset mnist --data tiny", 65, "The network does not fit these images. conv1: A kernel"),
    ("--labels soft --soft-labels no.npy", 66, "no.npy: There is no such file"),
    ("--labels soft --soft-labels text", 65, "text, byte 0: The file is neither .npy nor IDX"),
    ("--labels soft --limit 8 --soft-labels text", 65, "neither .npy nor IDX"),
    ("--labels soft --teacher no.safetensors", 66, "no.safetensors: There is no such file"),
    ("--labels soft --teacher text", 65, "text, byte 0"),
    ("--init no.safetensors", 66, "no.safetensors: There is no such file"),
    ("--init text", 65, "text, byte 0"),
    ("--init .", 66, "This is a folder"),
    ("--init /dev/zero", 66, "This is no regular file"),
    ("--label-noise symmetrical", 66, "symmetrical: There is no such file"),
    ("--label-noise text", 65, "text, byte 0"),
    ("--dataset cifar10h --data nowhere", 66, "cifar10h is not here. Looked for cifar10h-probs.npy"),
    ("--class-weights no.npy", 66, "no.npy: There is no such file"),
    ("--class-weights empty", 65, "empty: There are 0 class weights, but 10 classes."),
    ("--class-weights broken/train-images-idx3-ubyte", 65, "The file is neither .npy nor text"),
    ("--class-weights text", 65, "text: 'this' is not a number. Class weights are an .npy file"),
    ("--limit 9 --class-weights balanced", 65, "so classes cannot be balanced"),
    ("--save none/w.safetensors", 73, "none does not exist"),
    ("--save .", 73, "This is a folder"),
    ("--save new/", 73, "A file's name was expected"),
    ("--dataset mnist --data mixed", 65, "but the test images (1, 3, 3)"),
    ("--metrics none/m.jsonl", 73, "none does not exist"),
    ("--limit 8 --metrics .", 73, "This is a folder"),
    ("--limit 8 --epochs 1 --log-every 1 --metrics /dev/full", 74, "/dev/full: Writing failed"),
    ("--limit 8 --epochs 0 --save /dev/full", 74, "/dev/full: Writing failed"),
    ("compare --output text/x --limit 8", 73, "The folder cannot be made"),
    ("compare --output text --limit 8", 73, "text: This is a file; a folder's name was expected"),
    ("compare --output half --limit 8", 73, "holds something else than a comparison: 'data_batch_1.bin'"),
    ("report nowhere", 66, "nowhere/comparison.json: There is no such file"),
    ("compare --labels soft --limit 8 --save-soft-labels none/s.npy", 73, "none does not exist"),
    ("compare --save none/w.safetensors", 73, "none does not exist"),
    ("compare --metrics none/m.jsonl", 73, "none does not exist"),
    ("evaluate no.safetensors", 66, "no.safetensors: There is no such file"),
    ("evaluate text", 65, "text, byte 0"),
    ("evaluate text --limit 1 --fit-temperature", 64, "takes two images at least, not 1"),
    ("evaluate text --dataset cifar10", 66, "Looked for test_batch.bin"),
    ("datasets write shapes text --limit 5", 73, "The folder cannot be made"),
  ].map { BadInput(arguments: $0, status: $1, says: $2) }
}

@Suite("Bad input")
struct BadInputTests {
  /// A folder with a text file, half a CIFAR-10, a cut-off MNIST and one of tiny images.
  private static func makeFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Array("this is text, and no data".utf8), "text")
    try folder.write([], "empty")
    try folder.write([1] + [UInt8](repeating: 0, count: 3072), "half/data_batch_1.bin")
    try folder.write([0, 0, 8, 3, 255, 255, 255, 255, 0, 0], "broken/train-images-idx3-ubyte")
    try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 5], "broken/train-labels-idx1-ubyte")
    for (split, side) in [("train", 2), ("t10k", 3)] as [(String, UInt8)] {
      try folder.write(
        [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, side, 0, 0, 0, side] + [UInt8](repeating: 1, count: Int(side) * Int(side)),
        "mixed/\(split)-images-idx3-ubyte")
      try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 5], "mixed/\(split)-labels-idx1-ubyte")
    }
    for split in ["train", "t10k"] {
      // Two images of 28×28.
      try folder.write(
        [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28] + (0..<2 * 784).map { UInt8($0 % 251) },
        "grey/\(split)-images-idx3-ubyte")
      try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 5, 6], "grey/\(split)-labels-idx1-ubyte")
      try folder.write([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4], "tiny/\(split)-images-idx3-ubyte")
      try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 5], "tiny/\(split)-labels-idx1-ubyte")
    }
    return folder
  }

  @Test("gets a sentence on standard error and its sysexits code", arguments: BadInput.usage + BadInput.files)
  func refused(input: BadInput) throws {
    let arguments = input.arguments.split(separator: " ").map(String.init)
    let outcome = try Program.run(arguments, in: try Self.makeFolder(), environment: input.environment)
    #expect(!outcome.wasKilled, "\(outcome.errors)")
    #expect(outcome.status == input.status, "\(outcome.errors)")
    #expect(outcome.errors.contains(input.says), "\(outcome.errors)")
    #expect(outcome.errors.contains("Error: "))
  }

  @Test("there are at least sixty kinds of it")
  func enough() { #expect((BadInput.usage + BadInput.files).count >= 60) }
}
