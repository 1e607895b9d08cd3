"""What is imported by now is looked at no more, so that children go on sharing it: a worker of two takes three tenths less memory."""

from consumer import heap

heap.settle()
