//! Describes sets of choices, such as the configurations that give the same code, in few words.
//!
//! A choice has a value on each axis: `["i64", "spatial", "stack"]`. A set of choices is described by boxes. A box has a set of
//! values on each axis: `i64 spatial|temporal stack`.

use std::collections::BTreeSet;

/// All choices, and the option that precedes the values of each axis.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    pub axes: Vec<&'static str>,
    pub choices: Vec<Vec<String>>,
}

/// Values on each axis, in the order of the universe.
type Values = Vec<BTreeSet<usize>>;

impl Universe {
    pub fn new(axes: &[&'static str], choices: Vec<Vec<String>>) -> Universe {
        Universe { axes: axes.to_vec(), choices }
    }

    /// The values of an axis, in the order in which they occur.
    fn values(&self, axis: usize) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for choice in &self.choices {
            if !found.contains(&choice[axis].as_str()) {
                found.push(&choice[axis]);
            }
        }
        found
    }

    /// Describes a set of choices, given by their numbers, with a line for each box. Boxes do not overlap, so that each choice
    /// is described once.
    pub fn describe(&self, members: &[usize]) -> Vec<String> {
        let values: Vec<Vec<&str>> = (0..self.axes.len()).map(|axis| self.values(axis)).collect();
        let numbers: Vec<Vec<usize>> = self
            .choices
            .iter()
            .map(|choice| {
                let position = |(axis, value): (usize, &String)| values[axis].iter().position(|known| known == value);
                choice.iter().enumerate().map(|found| position(found).unwrap_or_default()).collect()
            })
            .collect();
        let inside = |of: &Values| -> Vec<usize> {
            let holds = |choice: &Vec<usize>| choice.iter().zip(of).all(|(value, values)| values.contains(value));
            (0..numbers.len()).filter(|number| holds(&numbers[*number])).collect()
        };
        // The number of boxes depends on the order in which axes are widened.
        let axes: Vec<usize> = (0..self.axes.len()).collect();
        let orders = [axes.iter().rev().copied().collect::<Vec<_>>(), axes.clone()];
        let lines = orders.map(|order| {
            let mut left: BTreeSet<usize> = members.iter().copied().collect();
            let mut lines = Vec::new();
            while let Some(first) = left.first().copied() {
                let mut found: Values = numbers[first].iter().map(|value| BTreeSet::from([*value])).collect();
                for axis in &order {
                    for value in 0..values[*axis].len() {
                        let mut wider = found.clone();
                        // Skip values that add no choice.
                        if wider[*axis].insert(value)
                            && inside(&wider).len() > inside(&found).len()
                            && inside(&wider).iter().all(|number| left.contains(number))
                        {
                            found = wider;
                        }
                    }
                }
                for number in inside(&found) {
                    left.remove(&number);
                }
                lines.push(self.line(&values, &found));
            }
            lines
        });
        lines.into_iter().min_by_key(Vec::len).unwrap_or_default()
    }

    /// One box in words, without the axes on which it has all values.
    fn line(&self, values: &[Vec<&str>], found: &Values) -> String {
        let mut words = Vec::new();
        for (axis, option) in self.axes.iter().enumerate() {
            if found[axis].len() == values[axis].len() {
                continue;
            }
            let named: Vec<&str> = found[axis].iter().map(|value| values[axis][*value]).collect();
            let mut named = named.join("|");
            // Abbreviate the list of all reference types.
            let references = super::references();
            if values[axis].len() > references.len() {
                named = named.replace(&references.join("|"), "reference");
            }
            words.push(if option.is_empty() { named } else { format!("{option} {named}") });
        }
        if words.is_empty() { "all".to_string() } else { words.join(" ") }
    }
}
