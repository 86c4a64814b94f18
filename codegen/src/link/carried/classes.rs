//! Classes of locals and blocks whose segments may meet.

/// A local or a block, by its position.
pub(super) type Node = usize;

#[derive(Clone, Copy, Debug)]
struct Class {
    parent: Node,
    excluded: bool,
}

/// Locals and blocks, in classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    nodes: Vec<Class>,
}

impl Classes {
    /// Adds a class of one member.
    pub(super) fn add(&mut self) -> Node {
        self.nodes.push(Class { parent: self.nodes.len(), excluded: false });
        self.nodes.len() - 1
    }

    fn class(&mut self, mut node: Node) -> Node {
        while self.nodes[node].parent != node {
            let next = self.nodes[self.nodes[node].parent].parent;
            self.nodes[node].parent = next;
            node = next;
        }
        node
    }

    /// Excludes a class.
    pub(super) fn exclude(&mut self, node: Node) {
        let class = self.class(node);
        self.nodes[class].excluded = true;
    }

    /// Whether the class of a member is excluded.
    pub(super) fn is_excluded(&mut self, node: Node) -> bool {
        let class = self.class(node);
        self.nodes[class].excluded
    }

    /// Joins two classes.
    pub(super) fn join(&mut self, from: Node, to: Node) {
        let (from, to) = (self.class(from), self.class(to));
        self.nodes[to].excluded |= self.nodes[from].excluded;
        self.nodes[from].parent = to;
    }
}
