-- The shop's orders, as the agent finds them at the beginning of each run.
CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT, item TEXT, price REAL, status TEXT, days_ago INTEGER);
CREATE TABLE refunds (order_id TEXT REFERENCES orders (id), amount REAL);
CREATE TABLE escalations (order_id TEXT REFERENCES orders (id), reason TEXT);
INSERT INTO orders VALUES
  ('KL-101', 'Sarah', 'hand grinder', 89.0, 'delivered', 6),
  ('KL-102', 'Michael', 'pour-over kettle', 64.0, 'delivered', 12),
  ('KL-103', 'Julia', 'milk jug', 24.5, 'delivered', 3),
  ('KL-104', 'David', 'espresso cups', 38.0, 'delivered', 9),
  ('KL-105', 'Emma', 'scale', 45.0, 'delivered', 20),
  ('KL-106', 'Noah', 'thermos', 31.0, 'on its way', 2),
  ('KL-107', 'Laura', 'filter holder', 18.0, 'on its way', 4),
  ('KL-108', 'Peter', 'moka pot', 52.0, 'in our warehouse', 1),
  ('KL-109', 'Anna', 'french press', 42.0, 'delivered', 64),
  ('KL-110', 'Lukas', 'coffee mill', 120.0, 'delivered', 91),
  ('KL-111', 'Marta', 'barista kit', 480.0, 'delivered', 5),
  ('KL-112', 'Tom', 'mug', 14.0, 'delivered', 8);
