import math


def softmax(logits):
    high = max(logits)
    p = [math.exp(x - high) for x in logits]
    total = sum(p)
    return [x / total for x in p]


def cross_entropy(logits, target):
    return -math.log(softmax(logits)[target])


def perplexity(losses):
    return math.exp(sum(losses) / len(losses))


def accuracy(predictions, labels):
    return sum(p == y for p, y in zip(predictions, labels)) / len(labels)
