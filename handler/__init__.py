"""The Lambda function, which turns batches of Kinesis records into DynamoDB items."""
