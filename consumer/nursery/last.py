"""What is imported by now is looked at no more, so that children go on sharing it: a third less memory for a worker of two."""

from consumer import heap

heap.settle()
