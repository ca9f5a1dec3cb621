"""To test searches and adapters with: exact oracles, and the contract of an adapter.

`AdapterContract` is a class to subclass in a test; the other names make
classifiers whose answers are known exactly, and work some of them out.
"""

from robaudit.testing.contract import AdapterContract as AdapterContract
from robaudit.testing.oracles import affine_classifier as affine_classifier
from robaudit.testing.oracles import affine_distances as affine_distances
from robaudit.testing.oracles import load_affine as load_affine
from robaudit.testing.oracles import stripe_of as stripe_of
from robaudit.testing.oracles import stripe_place as stripe_place
from robaudit.testing.oracles import striped_classifier as striped_classifier
from robaudit.testing.oracles import walk_slowly as walk_slowly
