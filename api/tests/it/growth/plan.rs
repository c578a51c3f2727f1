//! A plan as Postgres tells it.

use serde_json::Value;

/// The tables that grow with the ledger, and with its use.
const GROWING: [&str; 9] = [
    "events",
    "commands",
    "vault",
    "copies_v2",
    "annotations_v1",
    "audit_trail_v1",
    "exams_v2",
    "subjects_v1",
    "access_log",
];

/// The plan of a statement that was carried out.
pub(super) struct Plan {
    statement: String,
    nodes: Vec<Value>,
}

impl Plan {
    /// Of what auto_explain says: how long it took, and the plan as JSON.
    pub(super) fn read(message: &str) -> Self {
        let json = message.split_once("plan:\n").unwrap_or_else(|| panic!("no plan: {message}")).1;
        let told: Value = serde_json::from_str(json).unwrap();
        let statement = told["Query Text"].as_str().unwrap().to_owned();
        let mut nodes = vec![told["Plan"].clone()];
        let mut nth = 0;
        while nth < nodes.len() {
            nodes.extend(nodes[nth]["Plans"].as_array().cloned().unwrap_or_default());
            nth += 1;
        }
        Self { statement, nodes }
    }

    /// Why what it does grows with the ledger.
    pub(super) fn faults(&self, most_rows: f64) -> Vec<String> {
        let mut faults = Vec::new();
        for node in self.nodes.iter().filter(|node| visited(node) > 0.0) {
            if node["Node Type"] == "Seq Scan" && grows(node) {
                faults.push(format!("{} is read from end to end", node["Relation Name"]));
            }
        }
        if self.rows() > most_rows {
            faults.push(format!("{} rows are visited", self.rows()));
        }
        faults.into_iter().map(|fault| format!("{fault} by {}", self.statement)).collect()
    }

    /// Whether its statement has this in it.
    pub(super) fn is_of(&self, part: &str) -> bool {
        self.statement.contains(part)
    }

    /// The indexes that it uses.
    pub(super) fn indexes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter_map(|node| node["Index Name"].as_str())
    }

    /// The rows of growing tables that it visits, whether or not they are wanted.
    pub(super) fn rows(&self) -> f64 {
        self.nodes.iter().filter(|node| grows(node)).map(visited).sum()
    }

    /// The same of one table.
    pub(super) fn rows_of(&self, table: &str) -> f64 {
        self.nodes.iter().filter(|node| is_read(node) && node["Relation Name"] == table).map(visited).sum()
    }
}

fn is_read(node: &Value) -> bool {
    node["Node Type"].as_str().is_some_and(|name| name.ends_with("Scan"))
}

fn grows(node: &Value) -> bool {
    is_read(node) && node["Relation Name"].as_str().is_some_and(|name| GROWING.contains(&name))
}

fn visited(node: &Value) -> f64 {
    let rows = |name: &str| node[name].as_f64().unwrap_or_default();
    let each = rows("Actual Rows") + rows("Rows Removed by Filter") + rows("Rows Removed by Index Recheck");
    each * rows("Actual Loops")
}
