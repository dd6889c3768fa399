"""How individuals come about: DEAP's primitive sets and tree operators, on sets of terms."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from deap import gp

from symeq.search.genetic.completion import Completion
from symeq.search.genetic.forest import NOWHERE, ONE, Forest, Prefix
from symeq.search.genetic.individual import Term, Terms

LARGEST_TREE = 15  # nodes
LEAVES = 0.3  # share of leaves where a random tree may go on or stop
HEIGHT = (0, 2)  # of a random tree
INSIDE = "_inside"  # what operators are called where they may stand inside a function
OCTAVES = 2.0  # constants inside functions are drawn up to 2^+-2 over the spread of their argument


class Kind(type):
    """The class of types in the primitive set: DEAP keeps them in sets, which must not be in memory order."""

    def __hash__(cls) -> int:
        return sum(map(ord, cls.__name__))


class Full(metaclass=Kind):
    """The type of any tree in DEAP's primitive set."""


class Inner(Full):
    """The type of a tree that may stand inside a function with a constant: none that has one itself."""


class WithConstant(gp.Primitive):
    """A function with its inner constant; without one it is drawn where the tree is interned."""

    def __init__(self, name: str, constant: float | None) -> None:
        super().__init__(name, [Inner], Full)
        self.constant = constant


def primitive_set(forest: Forest) -> gp.PrimitiveSetTyped:
    """DEAP's typed primitive set: what has an inner constant takes arguments that have none."""
    pset = gp.PrimitiveSetTyped("law", [], Full)
    for k in range(len(forest.problem.names)):
        pset.addTerminal(k, Inner, name=f"leaf_{k}")
    for operator in forest.problem.operators:
        if operator.inner:
            pset.addPrimitive(operator.values, [Inner], Full, name=operator.name)
            continue
        if operator.arity == 2:
            pset.addPrimitive(operator.values, [Full, Full], Full, name=operator.name)
        arguments = [Inner] * operator.arity
        pset.addPrimitive(operator.values, arguments, Inner, name=f"{operator.name}{INSIDE}")
    for k, times in enumerate(forest.problem.frequencies):
        leaf = pset.mapping[f"leaf_{k}"]
        for type_ in (Full, Inner):
            pset.terminals[type_] += [leaf] * (times - 1)
    # DEAP stops a branch at a leaf as often as there are leaves: with thirty of them, nearly always.
    pset.terms_count = round(LEAVES * pset.prims_count / (1 - LEAVES))
    return pset


class Variation:
    """Random individuals, crossover and mutation; at most `most` terms each."""

    def __init__(
        self,
        forest: Forest,
        dice: random.Random,
        deap_gp: Any,
        most: int,
        completion: Completion | None = None,
    ) -> None:
        self.forest, self.dice, self.gp, self.most = forest, dice, deap_gp, most
        self.pset = primitive_set(forest)
        self.vectors = forest.problem.vectors
        self.completion = completion
        self._trees: dict[int, list[Any]] = {}
        self._leaf = {k: self.pset.mapping[f"leaf_{k}"] for k in range(len(forest.problem.names))}
        self._number_of = {node.name: k for k, node in self._leaf.items()}

    def individual(self) -> Terms:
        """A few random terms."""
        count = self.dice.randint(1, self.most)
        return self._terms(self.term() for _ in range(count))

    def term(self) -> Term | None:
        """A random tree times a random vector."""
        return self._fitting(self.dice.randrange(self.vectors), self._number(self._grown()))

    def mate(self, first: Terms, second: Terms) -> Terms:
        """Terms of both parents, or those of the first with a subtree of the second in one of them."""
        if not first or not second or self.dice.random() < 0.5:
            union = list(dict.fromkeys((*first, *second)))
            count = min(len(union), self.dice.randint(1, self.most))
            return self._terms(self.dice.sample(union, count))
        changed, other = self.dice.randrange(len(first)), self.dice.choice(second)
        one, two = self._tree(first[changed][1]), self._tree(other[1])
        child, _ = self.gp.cxOnePoint(gp.PrimitiveTree(one), gp.PrimitiveTree(two))
        return self._with(first, changed, first[changed][0], self._number(child))

    def mutate(self, terms: Terms) -> Terms:
        """One change: of a subtree, a constant, a vector, or in the number of terms."""
        if not terms:
            return self.individual()
        draw = self.dice.random()
        if draw < 0.15 and len(terms) < self.most:
            return self._terms((*terms, self.term()))
        changed = self.dice.randrange(len(terms))
        vector, number = terms[changed]
        if draw < 0.2 and len(terms) > 1:
            return terms[:changed] + terms[changed + 1 :]
        if draw < 0.3:
            return self._with(terms, changed, vector, self._number(self._grown()))
        if draw < 0.4 and self.vectors > 1:
            return self._with(terms, changed, self.dice.randrange(self.vectors), number)
        if draw < 0.48:
            return self._with(terms, changed, vector, self._multiplied(number, terms))
        tree = gp.PrimitiveTree(self._tree(number))
        if draw < 0.55 and self.forest.nonlinear[number]:
            self._shift_constant(tree)
        elif draw < 0.62 and len(tree) > 1:
            (tree,) = self.gp.mutShrink(tree)
        elif draw < 0.71:
            (tree,) = self.gp.mutNodeReplacement(tree, self.pset)
        elif draw < 0.87:
            (tree,) = self.gp.mutInsert(tree, self.pset)
        else:
            (tree,) = self.gp.mutUniform(tree, self._subtree, self.pset)
        return self._with(terms, changed, vector, self._number(tree))

    def _grown(self) -> list[Any]:
        return self.gp.genGrow(self.pset, *HEIGHT, type_=Full)

    def _subtree(self, pset: gp.PrimitiveSetTyped, type_: type) -> list[Any]:
        return self.gp.genGrow(pset, 0, 2, type_=type_)

    def _multiplied(self, number: int, terms: Terms) -> int:
        """A tree times or over a leaf, or the tree of another term: what many functions in front of others
        are, and no change of a single node makes."""
        name = "mul" if self.dice.random() < 0.7 else "div"
        if name not in self.forest.operators:
            return NOWHERE
        if self.dice.random() < 0.5:
            other = self.dice.choice(terms)[1]
        else:
            other = self._number_of[self.dice.choice(self.pset.terminals[Inner]).name]
        made = self.forest.node(name, number, other)
        return made if made == NOWHERE or self.forest.size[made] <= LARGEST_TREE else NOWHERE

    def _shift_constant(self, tree: gp.PrimitiveTree) -> None:
        places = [k for k, node in enumerate(tree) if isinstance(node, WithConstant)]
        place = self.dice.choice(places)
        factor = 2.0 ** self.dice.gauss(0.0, 1.0) * (-1.0 if self.dice.random() < 0.1 else 1.0)
        list.__setitem__(tree, place, WithConstant(tree[place].name, tree[place].constant * factor))

    def _number(self, tree: Sequence[Any]) -> int:
        """Intern a tree of DEAP's, constants drawn where there are none yet."""
        if len(tree) > LARGEST_TREE:
            return NOWHERE
        forest, stack = self.forest, []
        for node in reversed(tree):
            if node.arity == 0:
                stack.append(self._number_of[node.name])
                continue
            name = node.name.removesuffix(INSIDE)
            a = stack.pop()
            if node.arity == 2:
                stack.append(forest.node(name, a, stack.pop()))
            elif not forest.operators[name].inner:
                stack.append(forest.node(name, a))
            elif a in (NOWHERE, ONE):
                return NOWHERE
            else:
                constant = getattr(node, "constant", None)
                stack.append(forest.node(name, a, constant=constant or self._drawn(a)))
            if stack[-1] == NOWHERE:
                return NOWHERE
        return stack[0]

    def _drawn(self, argument: int) -> float:
        spread = self.forest.spread(argument)
        size = 2.0 ** self.dice.uniform(-OCTAVES, OCTAVES) / max(spread, 1e-300)
        return size if self.dice.random() < 0.5 else -size

    def _tree(self, number: int) -> list[Any]:
        """A tree in DEAP's nodes, which are shared and never changed in place."""
        known = self._trees.get(number)
        if known is None:
            known = self._trees[number] = self._nodes(self.forest.prefix[number])
        return known

    def _nodes(self, prefix: Prefix) -> list[Any]:
        nodes: list[Any] = []
        inside = 0  # how many subtrees below a function with a constant are still open
        for token in prefix:
            if isinstance(token, int):
                nodes.append(self._leaf[token])
                inside -= inside > 0
                continue
            name, constant = token
            if constant is not None:
                nodes.append(WithConstant(name, constant))
                inside = 1
                continue
            node = self.pset.mapping.get(name)
            if inside or node is None:
                node = self.pset.mapping[name + INSIDE]
            nodes.append(node)
            inside += node.arity - 1 if inside else 0
        return nodes

    def _with(self, terms: Terms, changed: int, vector: int, number: int) -> Terms:
        if number == NOWHERE:
            return terms
        return self._terms((*terms[:changed], *terms[changed + 1 :], self._fitting(vector, number)))

    def _fitting(self, vector: int, number: int) -> Term | None:
        if number == NOWHERE:
            return None
        if self.completion is not None:
            number = self.completion(vector, number, self.dice)
            if number == NOWHERE or self.forest.size[number] > LARGEST_TREE:
                return None
        return vector, number

    def _terms(self, given: Any) -> Terms:
        return tuple(sorted({term for term in given if term is not None}))[: self.most]
