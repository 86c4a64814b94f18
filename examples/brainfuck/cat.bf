Copies its input to its output until a zero or the end
,[.,]
